"""Sealed files: encrypted at rest under a key of their filing, which a configured key wraps.

``cipher`` is the format of one encrypted file, ``keyring`` the file of wrapping keys, ``shelf`` the folder of one
filing's encrypted files. Nothing in here decides who may read: that is ``ipreg.access``.
"""
