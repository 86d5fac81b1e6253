"""The page that runs a converted file live in a browser: built, served, and automated."""
