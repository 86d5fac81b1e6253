"""The page that runs a converted file live in a browser: put together, served, and driven."""
