"""Small tools that every other package uses: files, folders of the user, text for people, optional packages."""
