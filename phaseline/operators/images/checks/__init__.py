"""What T009 and T012 look at: Dockerfiles, the layers and settings of images, their packages."""
