FROM php:8.2.25-fpm-alpine3.20
WORKDIR /var/www
COPY --chown=www-data:www-data . .
RUN chmod 777 storage
USER www-data
