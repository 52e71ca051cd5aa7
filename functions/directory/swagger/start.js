// The hub's own document, nothing from anywhere else: no validator, no server but this one.
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  displayRequestDuration: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  tagsSorter: "alpha",
  showExtensions: true,
  requestSnippetsEnabled: true,
  validatorUrl: null,
});
