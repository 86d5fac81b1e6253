"""Page, Markdown, tables and plots, all generated from benchmarks.json."""
