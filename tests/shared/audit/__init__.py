"""Tests of what services give the auditor."""
