"""After the run: stored records to tables, comparisons, plain words and one page."""
