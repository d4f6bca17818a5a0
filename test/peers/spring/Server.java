// Spring Authorization Server as its reference documentation sets it up, and an API behind Spring Security that demands
// DPoP. Tokens are in a database in a folder, so that a restart keeps them. Started as a source file.
import static org.springframework.security.config.Customizer.withDefaults;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtEncoder;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;
import org.springframework.security.oauth2.server.authorization.JdbcOAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.config.annotation.web.configuration.OAuth2AuthorizationServerConfiguration;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

public class Server {
  private static final Path folder = Path.of(System.getProperty("peer.folder"));
  private static final String issuer = System.getProperty("peer.issuer");

  public static void main(String[] args) {
    SpringApplication.run(Settings.class, args);
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({Api.class, Control.class})
  static class Settings {
    @Bean
    @Order(1)
    SecurityFilterChain authorizationServer(HttpSecurity http) throws Exception {
      var html = new MediaTypeRequestMatcher(MediaType.TEXT_HTML);
      return http.oauth2AuthorizationServer(
              server -> {
                http.securityMatcher(server.getEndpointsMatcher());
                server.oidc(withDefaults()).pushedAuthorizationRequestEndpoint(withDefaults());
              })
          .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
          .oauth2ResourceServer(userinfo -> userinfo.jwt(withDefaults()).dPoP(withDefaults()))
          .exceptionHandling(
              faults ->
                  faults.defaultAuthenticationEntryPointFor(
                      new LoginUrlAuthenticationEntryPoint("/login"), html))
          .build();
    }

    @Bean
    @Order(2)
    SecurityFilterChain api(HttpSecurity http) throws Exception {
      return http.securityMatcher("/api/**")
          .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
          .sessionManagement(s -> s.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
          .csrf(AbstractHttpConfigurer::disable)
          .oauth2ResourceServer(api -> api.jwt(withDefaults()).dPoP(withDefaults()))
          .build();
    }

    @Bean
    @Order(3)
    SecurityFilterChain control(HttpSecurity http) throws Exception {
      return http.securityMatcher("/control/**")
          .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
          .csrf(AbstractHttpConfigurer::disable)
          .build();
    }

    @Bean
    @Order(4)
    SecurityFilterChain people(HttpSecurity http) throws Exception {
      return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
          .formLogin(withDefaults())
          .build();
    }

    @Bean
    UserDetailsService users() {
      return new InMemoryUserDetailsManager(
          User.withUsername("ada").password("{noop}a-password-of-ada").roles("USER").build());
    }

    @Bean
    AuthorizationServerSettings settings() {
      return AuthorizationServerSettings.builder().issuer(issuer).build();
    }

    @Bean
    Keys keys() throws Exception {
      return new Keys();
    }

    @Bean
    JWKSource<SecurityContext> jwkSource(Keys keys) {
      return (selector, context) -> selector.select(keys.set);
    }

    /** The newest key signs. */
    @Bean
    JwtEncoder encoder(JWKSource<SecurityContext> source) {
      var encoder = new NimbusJwtEncoder(source);
      encoder.setJwkSelector(keys -> keys.get(0));
      return encoder;
    }

    @Bean
    JwtDecoder decoder(JWKSource<SecurityContext> source) {
      return OAuth2AuthorizationServerConfiguration.jwtDecoder(source);
    }

    @Bean
    Clients clients() {
      return new Clients();
    }

    @Bean
    DataSource database() {
      var source = new DriverManagerDataSource("jdbc:h2:file:" + folder.resolve("h2"));
      if (!Files.exists(folder.resolve("h2.mv.db"))) {
        var schema =
            "org/springframework/security/oauth2/server/authorization/oauth2-authorization-schema.sql";
        new ResourceDatabasePopulator(new ClassPathResource(schema)).execute(source);
      }
      return source;
    }

    @Bean
    OAuth2AuthorizationService authorizations(DataSource database, Clients clients) {
      return new JdbcOAuth2AuthorizationService(new JdbcTemplate(database), clients);
    }
  }

  /** Signing keys, newest first, in a file. */
  static class Keys {
    private final Path file = folder.resolve("keys.json");
    volatile JWKSet set;

    Keys() throws Exception {
      if (Files.exists(file)) set = JWKSet.load(file.toFile());
      else turn();
    }

    void turn() throws Exception {
      var keys = new ArrayList<JWK>();
      keys.add(
          new RSAKeyGenerator(2048)
              .keyID(UUID.randomUUID().toString())
              .algorithm(JWSAlgorithm.RS256)
              .generate());
      if (set != null) keys.addAll(set.getKeys());
      set = new JWKSet(keys);
      Files.writeString(file, set.toString(false));
    }
  }

  /** The newest registration of a client id counts. */
  static class Clients implements RegisteredClientRepository {
    private final Map<String, RegisteredClient> known = new ConcurrentHashMap<>();
    private final Map<String, RegisteredClient> newest = new ConcurrentHashMap<>();

    @Override
    public void save(RegisteredClient client) {
      known.put(client.getId(), client);
      newest.put(client.getClientId(), client);
    }

    @Override
    public RegisteredClient findById(String id) {
      return known.get(id);
    }

    @Override
    public RegisteredClient findByClientId(String clientId) {
      return newest.get(clientId);
    }
  }

  @RestController
  static class Api {
    @RequestMapping("/api/**")
    Map<String, Object> who(@AuthenticationPrincipal Jwt token) {
      return Map.of("sub", token.getSubject());
    }
  }

  /** What the tests change while it runs. */
  @RestController
  static class Control {
    private final Clients clients;
    private final Keys keys;

    Control(Clients clients, Keys keys) {
      this.clients = clients;
      this.keys = keys;
    }

    @PostMapping("/control/keys")
    void turnKeys() throws Exception {
      keys.turn();
    }

    @PostMapping("/control/clients")
    void admit(@RequestBody Map<String, String> app) {
      var settings = ClientSettings.builder().requireProofKey(true);
      if (app.containsKey("jwksUrl")) {
        settings
            .jwkSetUrl(app.get("jwksUrl"))
            .tokenEndpointAuthenticationSigningAlgorithm(SignatureAlgorithm.ES256);
      }
      var client =
          RegisteredClient.withId(app.get("id"))
              .clientId(app.get("clientId"))
              .clientAuthenticationMethod(new ClientAuthenticationMethod(app.get("method")))
              .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
              .authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN)
              .redirectUri(app.get("redirectUri"))
              .postLogoutRedirectUri(app.get("postLogoutRedirectUri"))
              .scopes(scopes -> scopes.addAll(java.util.List.of("openid", "profile", "email")))
              .clientSettings(settings.build())
              .tokenSettings(
                  TokenSettings.builder()
                      .accessTokenTimeToLive(
                          Duration.ofSeconds(Long.parseLong(app.get("tokenSeconds"))))
                      .reuseRefreshTokens(false)
                      .build());
      if (app.containsKey("secret")) client.clientSecret("{noop}" + app.get("secret"));
      clients.save(client.build());
    }
  }
}
