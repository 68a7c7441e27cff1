"""Examines the chain from a schedule to the end of its task, and says what is broken and how it is repaired.

A topic of the chain has two files of one name. `checks/<topic>.py` has a frozen dataclass with the topic's answers and
`check`, which yields findings from them; it is pure. `reading/<topic>.py` has `read`, which asks the account for these
answers. `chain.py` has the topics in order. What all topics stand on is the `Stack` of `stack.py`.
"""
