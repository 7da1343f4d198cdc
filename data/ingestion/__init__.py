"""From a source to the canonical tables: read aside, mapped, typed, judged row by row, merged."""
