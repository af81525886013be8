"""Files that are made from code: ``python -m infra.generate`` writes them, ``--check`` names those that are stale."""
