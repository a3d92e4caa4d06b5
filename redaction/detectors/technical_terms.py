"""Words of machine learning, computing and failure reports that models take for names, places or companies."""

from __future__ import annotations

TECHNICAL = frozenset(
    """accuracy adam adamw admin agent agents ai airflow akima algorithm amazon analysis android anthropic api apis app apple apps arxiv ascii assistant attack
    auc audio aws azure backdoor baseline batch benchmark bert bge bias bing bleu bool boolean bot broker browser buffer bug build byte cache calibration camera canary
    celery chat chatbot chatgpt checkpoint chrome claude class classifier client clip cloud cluster cnn code codex cohere config confusion container context
    controller copilot corpus cors cpu crawler cron csv cuda customer cve dashboard data dataset datasets debug decoder deep deepfake deepmind default deploy detection
    detector detr dev diffusion distil distilbert dns docker drift edge email embedding encoder endpoint english engine ensemble entropy error errors eval evaluation event
    exception exploit f1 facebook factory false feature features filter firefox flan flask float framework frontend gan gateway gemini gemma git github gitlab gmail google
    gpt gpu gradient grafana graph groq guard hallucination handler hash helm html http https huggingface hugging face hypothesis id image imagenet inference info input
    inputs int instagram intent ios iphone java javascript jenkins job json jupyter kafka kernel kubernetes label labels lambda latency layer linux llama llava llm llms log logger logging login
    logs loss lstm machine macos mail main malware map matrix mean median memory message meta metric metrics microsoft midjourney mistral ml mlflow mnist model models module
    monitor mysql nan neural nginx nlp node nodejs none notebook null numpy nvidia ocr okta onnx openai opus option oracle os output outputs pandas parser password
    patch path payload pdf perceptron percentile permission php pipeline pixel plugin png pod policy post postgres precision prediction predictions preprint privacy prod production prompt
    prompts proxy psi python pytorch quantile query queue qwen rag ray react recall redis region regression replica report request requests research resnet response result results retrieval reward rmse
    roberta robot roc root rouge router ruby rust sagemaker sample sandbox scikit schema score scores sdk seed segment sensor server service session sgd shap siri slack snapshot socket softmax
    sonnet source spark spam spike sql ssh ssl stack staging status stderr stdout store stream string support svm swagger system table tag task tensor tensorflow tesla test tesseract
    thread threshold ticket tiktok timeout timestamp tls token tokenizer tokens tool topic torch trace traceback train training transformer transformers true tuple twitter type ui uri url user users utf
    validation value variance vector version video vision vit vllm vm voice vpn warning weaviate webhook weight whatsapp whisper wifi windows word worker workflow xgboost xlm xss yaml yolo
    youtube zero zip customer ticket order invoice shipment refund account policy case report incident issue summary title description note notes january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec dear hello hi hey thanks thank regards sincerely best kind please yes no not ok okay
    re fwd fw cc bcc subject from to sent dob ssn iban swift bic vat tel fax phone mobile address street name surname gender male female mr mrs ms miss dr prof sir madam
    the this that these those a an and or but if then else when while for with without in on at by of as is are was were be been it its he she they we you i my your his her their our""".split()
)  # fmt: skip
