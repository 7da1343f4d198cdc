"""The casebook's schema through time; `data.casebook.migrate` runs it."""
