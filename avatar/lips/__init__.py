"""Lips engines: a portrait and the plan of its motion in, frames out."""
