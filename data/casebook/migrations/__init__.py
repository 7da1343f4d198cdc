"""The casebook's schema through time; `data.casebook.revisions` runs it."""
