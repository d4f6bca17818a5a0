// Spring Security's and Nimbus's verdicts on requests with DPoP proofs. Reads one JSON object a line, prints one a line:
// why each of them refuses, or null. Started as a source file, with their libraries on the class path.
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.dpop.JWKThumbprintConfirmation;
import com.nimbusds.oauth2.sdk.dpop.verifiers.DPoPIssuer;
import com.nimbusds.oauth2.sdk.dpop.verifiers.DPoPProtectedResourceRequestVerifier;
import com.nimbusds.oauth2.sdk.dpop.verifiers.InMemoryDPoPSingleUseChecker;
import com.nimbusds.oauth2.sdk.token.DPoPAccessToken;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Set;
import net.minidev.json.JSONObject;
import net.minidev.json.JSONValue;
import org.springframework.security.authentication.ProviderManager;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.DPoPAuthenticationProvider;
import org.springframework.security.oauth2.server.resource.authentication.DPoPAuthenticationToken;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationProvider;

public class Judge {
  private record Asked(String method, String uri, String token, String proof) {}

  private interface Verdict {
    void on(Asked asked) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    byte[] key = Base64.getDecoder().decode(args[0]);
    var issuer = (RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(key));
    Verdict spring = spring(issuer);
    Verdict nimbus = nimbus();
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      var given = (JSONObject) JSONValue.parse(line);
      var asked =
          new Asked(
              given.getAsString("method"),
              given.getAsString("uri"),
              given.getAsString("token"),
              given.getAsString("proof"));
      var said = new JSONObject();
      said.put("spring", why(spring, asked));
      said.put("nimbus", why(nimbus, asked));
      System.out.println(said.toJSONString());
    }
    System.exit(0);
  }

  private static String why(Verdict verdict, Asked asked) {
    try {
      verdict.on(asked);
      return null;
    } catch (Exception refusal) {
      return String.valueOf(refusal.getMessage());
    }
  }

  private static Verdict spring(RSAPublicKey issuer) {
    var tokens = new JwtAuthenticationProvider(NimbusJwtDecoder.withPublicKey(issuer).build());
    var provider = new DPoPAuthenticationProvider(new ProviderManager(tokens));
    return asked ->
        provider.authenticate(
            new DPoPAuthenticationToken(asked.token, asked.proof, asked.method, asked.uri));
  }

  /** Ages and clocks as in the test; its single use is by issuer and jti. */
  private static Verdict nimbus() {
    var algs =
        Set.of(
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.RS256,
            JWSAlgorithm.PS256);
    var once = new InMemoryDPoPSingleUseChecker(300, 300);
    var verifier = new DPoPProtectedResourceRequestVerifier(algs, 30, 60, once);
    return asked -> {
      var proof = SignedJWT.parse(asked.proof);
      var claims = SignedJWT.parse(asked.token).getJWTClaimsSet();
      verifier.verify(
          asked.method,
          URI.create(asked.uri),
          new DPoPIssuer("client"),
          proof,
          new DPoPAccessToken(asked.token),
          JWKThumbprintConfirmation.parse(claims));
    };
  }
}
