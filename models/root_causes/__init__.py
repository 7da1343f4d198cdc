"""Root causes over many findings: the segments that hold more than their share, and what changed between periods."""
