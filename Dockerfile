# moodcurve with its web page, as a user without rights; docs/container.md says how to use it
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src src
RUN python -m venv /opt/moodcurve \
    && /opt/moodcurve/bin/pip install --no-cache-dir -c constraints.txt '.[web]'

FROM python:3.12-slim
COPY --from=build /opt/moodcurve /opt/moodcurve
RUN useradd --uid 1000 --create-home moodcurve \
    && install -d -o moodcurve -g moodcurve /data
# the library, the folders scanned into it, and code compiled for the processor: all in the volume
ENV PATH=/opt/moodcurve/bin:$PATH \
    MOODCURVE_LIBRARY=/data/library.sqlite \
    MOODCURVE_CACHE=/data/cache \
    XDG_STATE_HOME=/data/state
USER 1000:1000
VOLUME /data
EXPOSE 8765
# as Ctrl-C: a scan stores what is done, a server ends its jobs
STOPSIGNAL SIGINT
# the page itself needs no token
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/', timeout=4)"]
ENTRYPOINT ["moodcurve"]
CMD ["serve", "--host", "0.0.0.0", "--music", "/music", "--no-open"]
