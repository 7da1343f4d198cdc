"""What people see: the command line, the app, its pages, the API, and their words in two languages."""
