FROM mcr.microsoft.com/dotnet/sdk:8.0.403-jammy AS build
WORKDIR /src
COPY Shop.csproj .
RUN dotnet restore
COPY . .
RUN dotnet publish -c Release -o /out --no-restore

FROM mcr.microsoft.com/dotnet/aspnet
COPY --from=build /out /app
USER 1654
ENTRYPOINT ["dotnet", "/app/Shop.dll"]
