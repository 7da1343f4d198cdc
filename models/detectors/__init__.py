"""Detectors: what plain SQL cannot judge. One Python file each, registered under its name."""

from data.registry import Registry
from models.findings import Finder

DETECTORS: Registry[Finder] = Registry("detector", "models.detectors")
