"""Telling people what was found: which news a rule has, the message in their language, and its way out."""
