FROM composer:2.8.2 AS vendor
WORKDIR /app
COPY composer.json composer.lock ./
RUN composer install --no-dev --no-interaction --prefer-dist --no-scripts

FROM php:8.3.13-fpm-alpine3.20
RUN apk add --no-cache --virtual .build-deps $PHPIZE_DEPS icu-dev \
 && docker-php-ext-install intl opcache \
 && apk add --no-cache icu-libs \
 && apk del .build-deps
WORKDIR /var/www
COPY --from=vendor /app/vendor vendor
COPY public public
COPY src src
USER 82:82
