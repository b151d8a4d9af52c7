from tests.integration.conftest import standing as standing
