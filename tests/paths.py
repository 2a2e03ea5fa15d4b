"""Where the tests find the project's files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "sample_data" / "desired_roles.csv"
PEM = Path(__file__).with_name("loopback.pem")  # a certificate for 127.0.0.1 that nobody trusts
