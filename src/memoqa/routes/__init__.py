"""Routes of the HTTP service beside asking and reading, one file for each thing they serve."""
