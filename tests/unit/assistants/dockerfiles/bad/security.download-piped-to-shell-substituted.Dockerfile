FROM fedora:41
RUN sh -c "$(curl -fsSL https://sh.example.org/setup)"
USER 1000
ENTRYPOINT ["starship"]
