# The concentrator and Airflow in one image, for every Airflow service of docker-compose.yml and for the chart.
# From python, not from apache/airflow: that image brings a hundred packages pinned by Airflow's constraints, and
# requirements-cluster.txt would replace some of them; here everything that is installed is in one lock.
FROM python:3.11.14-slim-bookworm AS build
# Compiled here: where it runs, its folders are read-only, and each process would compile Airflow anew.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1
RUN python -m venv /opt/venv && /opt/venv/bin/python -m pip install --quiet uv==0.13.9 setuptools==84.2.1
COPY requirements-cluster.txt /opt/concentrator/
RUN /opt/venv/bin/python -m uv pip install --python /opt/venv/bin/python -r /opt/concentrator/requirements-cluster.txt
WORKDIR /opt/concentrator
COPY pyproject.toml README.md LICENSE concentrator.py ./
COPY commands/ commands/
COPY connectors/ connectors/
COPY contracts/ contracts/
COPY dags/ dags/
COPY deploy/ deploy/
COPY distributions/ distributions/
COPY expectations/ expectations/
COPY operators/ operators/
COPY pipeline/ pipeline/
COPY privacy/ privacy/
COPY proposal/ proposal/
COPY storage/ storage/
COPY transforms/ transforms/
RUN /opt/venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
RUN /opt/venv/bin/python -m compileall -q /opt/concentrator

FROM python:3.11.14-slim-bookworm
# A user of our own, as a number (Kubernetes' runAsNonRoot checks numbers); the code is root's, so no task changes it.
RUN groupadd --gid 50500 concentrator \
 && useradd --uid 50500 --gid concentrator --home-dir /opt/airflow --create-home --shell /usr/sbin/nologin concentrator \
 && install -d -o concentrator -g concentrator -m 0750 /opt/airflow/logs /opt/airflow/config /var/lib/concentrator
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/concentrator /opt/concentrator
COPY deploy/airflow_local_settings.py /opt/airflow/config/
# There, though empty, Airflow does not write one with keys that it drew itself; every setting is in the environment.
COPY deploy/airflow.cfg /opt/airflow/
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/concentrator/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False \
    DO_NOT_TRACK=1 SCARF_ANALYTICS=false GX_ANALYTICS_ENABLED=false \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
USER 50500:50500
WORKDIR /opt/airflow
CMD ["airflow", "version"]
