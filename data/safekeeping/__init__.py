"""Backups of the home folder, and restoring one."""
