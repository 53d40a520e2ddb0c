"""The bot: reads one published Revision and answers with the protocol's own words."""
