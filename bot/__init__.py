"""The bot: reads one published Revision and answers with the protocol's own words."""

import os

# ONNX Runtime's official builds keep a device's number in the home folder and report to their maker unless told not to.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
