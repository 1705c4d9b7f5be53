from common.runtime.serve import main
from services.executor.app import build

main("executor", build)
