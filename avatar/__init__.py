"""A script, a voice and a portrait in; a lip-synced talking-head video out."""

__version__ = "0.1.0"
