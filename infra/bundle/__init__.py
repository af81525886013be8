"""What goes to Lambda: wheels for its platform, trimmed, compiled, measured, and tried out before it ships.

``python -m infra.bundle`` builds ``build/layers/<name>`` and ``build/functions/<job>``, which CDK takes as assets.
"""
