"""What a filing should become (patent, copyright, trade mark), until when, and what it has become.

``law`` has each number of the law once; ``clocks`` turns dates into clocks, without a database; ``numbers`` checks
how a right's number is formed. Sources: docs/rights.md. None of it is legal advice.
"""
