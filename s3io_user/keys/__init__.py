"""Generations, slots and the rotation schedule. Pure."""
