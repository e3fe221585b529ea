"""Makes what tests/e2e offers (harness, kcat) importable here; imported before it."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
