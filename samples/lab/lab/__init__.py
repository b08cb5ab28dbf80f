"""The lab that records the samples: see samples/README.md."""
