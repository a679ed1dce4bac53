"""The words of e-mail: types, parsing, threading, safe text."""
