FROM eclipse-temurin:21.0.5_11-jdk-jammy AS build
WORKDIR /src
COPY gradlew settings.gradle build.gradle ./
COPY gradle gradle
RUN --mount=type=cache,target=/root/.gradle ./gradlew --no-daemon dependencies
COPY src src
RUN --mount=type=cache,target=/root/.gradle ./gradlew --no-daemon bootJar \
 && java -Djarmode=layertools -jar build/libs/app.jar extract --destination /layers

FROM eclipse-temurin:21.0.5_11-jre-jammy
WORKDIR /app
COPY --from=build /layers/dependencies/ ./
COPY --from=build /layers/application/ ./
ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError"
USER 1001:1001
EXPOSE 8080
HEALTHCHECK --interval=20s --timeout=5s --start-period=40s \
    CMD ["java", "-cp", "/app", "health.Check"]
ENTRYPOINT ["java", "org.springframework.boot.loader.launch.JarLauncher"]
