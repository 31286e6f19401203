FROM php:8.3.13-apache-bookworm
COPY .env /var/www/html/.env
COPY public/ /var/www/html/
USER www-data
