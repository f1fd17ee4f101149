"""The one exception that a user of the tool may see as a message."""


class SeriesError(Exception):
    """Bad input or a missing requirement; the message says what is wrong and what to do."""
