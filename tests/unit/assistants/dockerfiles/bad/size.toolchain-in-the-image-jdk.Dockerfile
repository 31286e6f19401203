FROM eclipse-temurin:21.0.5_11-jdk-jammy
COPY build/libs/app.jar /app.jar
USER 1000
ENTRYPOINT ["java", "-jar", "/app.jar"]
