"""Where people meet the bot: each surface renders the same Answer and adds no words of its own."""
