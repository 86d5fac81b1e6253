"""Page, Markdown, tables and plots, all made from benchmarks.json."""
