"""Judgements: checks, detectors, matching and shortage attribution become ranked findings."""
