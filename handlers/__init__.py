"""Packages a folder with a handler and its pinned requirements as the code of a Lambda function."""
