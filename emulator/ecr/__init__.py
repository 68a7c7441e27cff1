"""ECR: the blobs of images, which moto forgets."""
