"""The Lambda function of an http job: it sends the request to the receiver, and takes the receiver's callback.

Its archive has this package alone. So it uses the standard library and boto3 only.
"""
