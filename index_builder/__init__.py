"""The builder: turns a council's knowledge folder into one published Revision."""
