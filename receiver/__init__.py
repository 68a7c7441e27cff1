"""The reference receiver of http jobs. A service copies this folder, which imports nothing else of this project."""
