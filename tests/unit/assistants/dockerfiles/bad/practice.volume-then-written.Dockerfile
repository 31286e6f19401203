FROM postgres:16.4-bookworm
VOLUME /var/lib/extra
COPY --chown=999:999 seed/ /var/lib/extra/
USER 999
