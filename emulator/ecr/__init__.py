"""ECR: the blobs and the digests of images, and their pulls, which moto lacks."""
